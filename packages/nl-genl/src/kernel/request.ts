import type { Request } from '@nltool/nl-core/kernel'
import type { Abi, Cred, PortId } from '@nltool/nl-core/model'
import type { RawAttribute } from '@nltool/nl-core/wire'
import type { AnyFamily } from '../family.ts'
import { ownHeader } from '../header.ts'
import type { Attrs } from '../messages.ts'
import type { GenericRequest } from './serve.ts'
import type { ValidatedBody } from './validated.ts'

/**
 * A request to a family while it is served. A class because one is made per message: what few handlers ask for is made
 * when they ask. `warn` and `cookie` may be taken out of it, as from any object.
 */
export class FamilyRequest implements GenericRequest<Attrs, Attrs | undefined> {
  readonly #request: Request<ValidatedBody>
  readonly #family: AnyFamily
  readonly attrs: Attrs

  constructor(request: Request<ValidatedBody>, family: AnyFamily) {
    const { attrs, warning } = request.body
    this.#request = request
    this.#family = family
    this.attrs = attrs
    if (warning !== undefined) request.warn(warning)
  }

  get cmd(): number {
    return this.#request.body.header.cmd
  }

  get version(): number {
    return this.#request.body.header.version
  }

  get header(): Attrs | undefined {
    return ownHeader(this.#family.header, this.#request.body.header)
  }

  get attributes(): readonly RawAttribute[] {
    return this.#request.body.raw?.() ?? []
  }

  get flags(): number {
    return this.#request.flags
  }

  get seq(): number {
    return this.#request.seq
  }

  get portid(): PortId {
    return this.#request.portid
  }

  get abi(): Abi {
    return this.#request.abi
  }

  get cred(): Cred {
    return this.#request.cred
  }

  get strict(): boolean {
    return this.#request.strict
  }

  get signal(): AbortSignal {
    return this.#request.signal
  }

  get warn(): (text: string) => void {
    return text => this.#request.warn(text)
  }

  get cookie(): (bytes: Uint8Array) => void {
    return bytes => this.#request.cookie(bytes)
  }
}
