import type { Ports } from '../ports.ts'

/** Tells the failures of the host from those of the work that uses it. */
export interface HostErrors {
  /** Whether it came out of something that is watched. */
  isOfHost(error: unknown): boolean
  /** The same thing; what its methods throw or reject with is the host's from now on. */
  watch<T extends object>(thing: T): T
}

export function createHostErrors(): HostErrors {
  const known = new WeakSet<object>()
  const note = (error: unknown): object => {
    const noted = isObject(error) ? error : new Error(String(error))
    known.add(noted)
    return noted
  }
  return {
    isOfHost: (error) => isObject(error) && known.has(error),
    watch: (thing) => watch(thing, note),
  }
}

/**
 * The ports, watched: a disk that is full and a service that throttles are no fault of the message
 * that met them. A clock cannot fail.
 */
export function watchPorts(ports: Ports, { watch }: HostErrors): Ports {
  return {
    queue: watch(ports.queue),
    configs: watch(ports.configs),
    secrets: watch(ports.secrets),
    identities: watch(ports.identities),
    state: watch(ports.state),
    ledger: watch(ports.ledger),
    http: watch(ports.http),
    nats: watch(ports.nats),
    clock: ports.clock,
    orderTimes: watch(ports.orderTimes),
    observer: watch(ports.observer),
  }
}

/** The proxy has a target of its own, since one that is frozen must be shown as it is. */
function watch<T extends object>(thing: T, note: (error: unknown) => object): T {
  const watched = new Map<unknown, unknown>()
  return new Proxy({} as T, {
    get(_, key) {
      const member: unknown = Reflect.get(thing, key)
      if (typeof member !== 'function') return member
      // A method is asked for at each call, and stays the same one.
      const known = watched.get(member)
      if (known !== undefined) return known
      const method = (...args: unknown[]): unknown => {
        try {
          const result: unknown = Reflect.apply(member, thing, args)
          return result instanceof Promise ? result.catch(rethrow) : result
        } catch (error) {
          throw note(error)
        }
      }
      watched.set(member, method)
      return method
    },
  })

  function rethrow(error: unknown): never {
    throw note(error)
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
