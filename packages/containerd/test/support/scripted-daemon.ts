/** A gRPC server on a socket that knows its version and nothing else, for daemons that no distribution has any more. */

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { EmptySchema } from '@bufbuild/protobuf/wkt'
import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js'
import { Version, VersionResponseSchema } from '../../src/gen/containerd/services/version/v1/version.gen.ts'
import { methodPath } from '../../src/rpc/transport.ts'

/** Starts it; every other call is answered UNIMPLEMENTED. Disposing ends it. */
export async function serveVersion(socket: string, version: string): Promise<AsyncDisposable> {
  const server = new Server()
  const definition: ServiceDefinition = {
    version: {
      path: methodPath(Version.method.version),
      requestStream: false,
      responseStream: false,
      requestSerialize: () => Buffer.from(toBinary(EmptySchema, create(EmptySchema))),
      requestDeserialize: (bytes: Buffer) => fromBinary(EmptySchema, bytes),
      responseSerialize: (value: string) => Buffer.from(toBinary(VersionResponseSchema, create(VersionResponseSchema, { version: value }))),
      responseDeserialize: (bytes: Buffer) => fromBinary(VersionResponseSchema, bytes),
    },
  }
  server.addService(definition, {
    version: (_call: unknown, answer: (error: null, value: string) => void) => answer(null, version),
  })
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix://${socket}`, ServerCredentials.createInsecure(), (error) => (error === null ? resolve() : reject(error)))
  })
  return {
    [Symbol.asyncDispose]() {
      server.forceShutdown()
      return Promise.resolve()
    },
  }
}
