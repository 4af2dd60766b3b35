/**
 * A value that is there already, or comes later. Of what an event needs most is there, and a promise
 * for each of it would cost more than the work itself.
 */
export type Awaitable<T> = T | Promise<T>

/** Goes on with a value: at once when it is there, or else when it comes. */
export function whenThere<T, R>(
  value: Awaitable<T>,
  next: (value: T) => Awaitable<R>,
): Awaitable<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** Goes on with two values, once both are there. */
export function whenBoth<A, B, R>(
  a: Awaitable<A>,
  b: Awaitable<B>,
  next: (a: A, b: B) => Awaitable<R>,
): Awaitable<R> {
  if (a instanceof Promise || b instanceof Promise) {
    return Promise.all([a, b]).then((both) => next(...both))
  }
  return next(a, b)
}
