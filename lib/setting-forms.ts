import { z } from 'zod'

/** True or false; false by default unless said otherwise. */
export function flag(byDefault = false) {
  return z.boolean({ error: 'expected true or false' }).default(byDefault)
}

/** The threshold of an alarm; `false` switches it off. */
export function threshold() {
  const error = 'expected false, or the number that is still no alarm, 0 or more'
  return z.union([z.literal(false), z.number({ error }).min(0, { error })], { error })
}

/** A whole number within these bounds, which the error names. */
export function wholeNumber(min: number, max: number) {
  const error = `expected a whole number from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

/** An ARN of the service, whose last part fits; `form` is what the error shows. */
export function arn(service: string, resource: RegExp, form: string) {
  const error = `expected ${form}`
  const pattern = new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:${resource.source}$`)
  return z.string({ error }).regex(pattern, { error })
}

/** The name of a table or queue: letters, digits and what else SQS and DynamoDB both take. */
export function resourceName({ isFifo = false } = {}) {
  const error = isFifo
    ? 'expected 8 to 80 of a-z, A-Z, 0-9, - and _, with .fifo at its end'
    : 'expected 3 to 80 of a-z, A-Z, 0-9, - and _'
  const pattern = isFifo ? /^[\w-]{3,75}\.fifo$/ : /^[\w-]{3,80}$/
  return z.string({ error }).regex(pattern, { error })
}

/** A proxy. Credentials are refused, because the template and the console show a function's environment. */
export function proxy() {
  const error = 'expected an http://, https:// or socks5:// URL without credentials'
  return z.string({ error }).refine(isPlainProxy, { error })
}

function isPlainProxy(text: string): boolean {
  const url = URL.parse(text)
  return (
    url !== null &&
    /^(https?|socks5):$/.test(url.protocol) &&
    url.hostname !== '' &&
    url.username === '' &&
    url.password === ''
  )
}
