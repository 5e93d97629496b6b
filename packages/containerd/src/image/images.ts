/** Images of a daemon: the door to everything in this directory. */

import type { Containerd } from '../containerd.ts'
import type { ImageSource } from './archive/open-archive.ts'
import { importImage, type ImportOptions } from './import/import-image.ts'
import type { ImageRecord } from './record/image-record.ts'
import {
  deleteImage,
  type DeleteImageOptions,
  getImage,
  type ImageCallOptions,
  listImages,
  type ListImagesOptions,
  tagImage,
} from './record/manage-images.ts'
import { type ResolvedImage, resolveImage, type ResolveOptions } from './record/resolve-image.ts'
import { createFromImage, type CreateFromImageOptions, type ImageContainer } from './run/create-from-image.ts'
import { runImage, type RunImageOptions, type RunImageResult } from './run/run-image.ts'
import { prepareRoot, type PrepareRootOptions, removeRoot, type RootSnapshot } from './unpack/root-snapshot.ts'
import { type UnpackedImage, unpackImage, type UnpackOptions } from './unpack/unpack-image.ts'

/**
 * The images of a client's namespace, and containers made of them. The functions behind the methods say which errors there are.
 *
 * ```ts
 * await client.images.import('busybox.tar')
 * const { exitCode, stdout } = await client.images.run('busybox', ['echo', 'hello'], { capture: true })
 * ```
 */
export class Images {
  readonly #client: Containerd

  constructor(client: Containerd) {
    this.#client = client
  }

  /** Imports all images of an archive (OCI or `docker save`, also compressed with gzip) or of an OCI image layout. */
  import(source: ImageSource, options?: ImportOptions): Promise<ImageRecord[]> {
    return importImage(this.#client.services, source, options)
  }

  /** All images. */
  list(options?: ListImagesOptions): Promise<ImageRecord[]> {
    return listImages(this.#client.services, options)
  }

  /** One image. */
  get(name: string, options?: ImageCallOptions): Promise<ImageRecord> {
    return getImage(this.#client.services, name, options)
  }

  /** Gives an image another name as well. */
  tag(name: string, newName: string, options?: ImageCallOptions): Promise<ImageRecord> {
    return tagImage(this.#client.services, name, newName, options)
  }

  /** Takes a name away. */
  delete(name: string, options?: DeleteImageOptions): Promise<void> {
    return deleteImage(this.#client.services, name, options)
  }

  /** Manifest and config of the image that suits a platform. */
  resolve(name: string, options?: ResolveOptions): Promise<ResolvedImage> {
    return resolveImage(this.#client.services, name, options)
  }

  /** Has the daemon unpack the layers. */
  unpack(name: string, options?: UnpackOptions): Promise<UnpackedImage> {
    return unpackImage(this.#client.services, name, options)
  }

  /** A snapshot on top of an unpacked image, for a container that is made otherwise. */
  prepareRoot(image: UnpackedImage, options: PrepareRootOptions): Promise<RootSnapshot> {
    return prepareRoot(this.#client.services, image, options)
  }

  /** Removes such a snapshot. */
  removeRoot(root: RootSnapshot): Promise<void> {
    return removeRoot(this.#client.services, root)
  }

  /** Makes a container, and does not start it. */
  create(name: string, options?: CreateFromImageOptions): Promise<ImageContainer> {
    return createFromImage(this.#client, name, options)
  }

  /** Runs a program in a container that is removed afterwards. */
  run(name: string, args?: readonly string[], options?: RunImageOptions): Promise<RunImageResult> {
    return runImage(this.#client, name, args, options)
  }
}
