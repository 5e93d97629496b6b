/** Screens without room for two things beside each other, as in page.css. */

export const NARROW = '(max-width: 719px)'
