import { describe, expect, it } from 'vitest'
import { someContainer } from '../testing/containers.ts'
import { COMPOSER_PROJECT_LABEL, describeContainer } from './container.ts'
import { Portfolio } from './portfolio.ts'

const inShop = { [COMPOSER_PROJECT_LABEL]: 'shop' }
const web = someContainer('1', { name: 'web', labels: inShop })
const db = someContainer('2', { name: 'db', labels: inShop })
const loose = someContainer('3', { name: 'web' })
const portfolio = new Portfolio([web, db, loose])

describe('Portfolio', () => {
  it('groups by project, and always has the unnamed one', () => {
    expect(portfolio.size).toBe(3)
    expect(portfolio.names()).toEqual(['shop'])
    expect(portfolio.project('shop')?.containerNames()).toEqual(['web', 'db'])
    expect(portfolio.project('')?.containers()).toEqual([loose])
    expect(portfolio.project('other')).toBeUndefined()
    expect(new Portfolio([]).project('')?.containers()).toEqual([])
  })

  it('finds by id before name, and outside of projects before inside', () => {
    expect(portfolio.container('web')).toBe(loose)
    expect(portfolio.container('db')).toBe(db)
    expect(portfolio.container('1')).toBe(web)
    const confusing = someContainer('web', { name: 'other' })
    expect(new Portfolio([web, loose, confusing]).container('web')).toBe(confusing)
    expect(portfolio.container('nobody')).toBeUndefined()
  })

  it('hands out copies', () => {
    portfolio.project('shop')?.containers().pop()
    expect(portfolio.project('shop')?.containers()).toHaveLength(2)
    expect([...portfolio]).toEqual([web, db, loose])
  })

  it('has words for people', () => {
    expect(String(portfolio.project('shop'))).toBe("project 'shop': 'web', 'db'")
    expect(String(new Portfolio([]).project(''))).toBe('containers without a project: none')
    expect(describeContainer(someContainer('1', { ...web, paused: true, pid: 7 }))).toBe(
      "paused container 'web'/1 from project 'shop', pid 7",
    )
    expect(describeContainer(someContainer('a'))).toBe("container 'a', pid 1")
  })
})

it('a container cannot be changed', () => {
  expect(() => Object.assign(web, { name: 'other' })).toThrow(TypeError)
  expect(() => Object.assign(web.labels, { more: '' })).toThrow(TypeError)
})
