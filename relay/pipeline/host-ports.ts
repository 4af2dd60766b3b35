import type { Ports } from '../ports/ports.ts'

/** Tells failures of the host from failures of the work that uses it. */
export interface HostErrors {
  /** Whether the error came out of a watched object. */
  isOfHost(error: unknown): boolean
  /**
   * Returns an object with the same methods. What they throw or reject with counts as the host's
   * from now on.
   */
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
 * Watches the ports: a full disk or a service that throttles is not the fault of the message that
 * met it. The clock is not watched, since it cannot fail.
 */
export function watchPorts(ports: Ports, { watch }: HostErrors): Ports {
  return {
    queue: watch(ports.queue),
    configs: watch(ports.configs),
    modes: watch(ports.modes),
    secrets: watch(ports.secrets),
    identities: watch(ports.identities),
    state: watch(ports.state),
    ledger: watch(ports.ledger),
    http: watch(ports.http),
    nats: watch(ports.nats),
    mail: watch(ports.mail),
    clock: ports.clock,
    orderTimes: watch(ports.orderTimes),
    observer: watch(ports.observer),
  }
}

/**
 * An object with one method for each method of the thing. It is made once, since a proxy would look
 * each method up at every call. Other properties are read from the thing each time.
 */
function watch<T extends object>(thing: T, note: (error: unknown) => object): T {
  const rethrow = (error: unknown): never => {
    throw note(error)
  }
  const watched = {}
  for (const [key, isMethod] of members(thing)) {
    const read = (): unknown => Reflect.get(thing, key)
    const method = (...args: unknown[]): unknown => {
      try {
        const result: unknown = Reflect.apply(read() as Method, thing, args)
        return result instanceof Promise ? result.catch(rethrow) : result
      } catch (error) {
        return rethrow(error)
      }
    }
    Object.defineProperty(watched, key, isMethod ? { value: method } : { get: read })
  }
  return watched as T
}

type Method = (...args: readonly unknown[]) => unknown

/**
 * The names of the properties of an object and of its class. The value tells whether a property is
 * a method.
 */
function members(thing: object): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>()
  for (let at: unknown = thing; isObject(at) && at !== Object.prototype; ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (!found.has(name)) found.set(name, typeof value === 'function')
    }
    at = Object.getPrototypeOf(at)
  }
  return found
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
