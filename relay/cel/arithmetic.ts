import { CelError, noSuchOverload } from './cel-error.ts'
import { spend, spendText } from './cost.ts'
import { timestampOf } from './time-text.ts'
import { concatBytes } from './utf8.ts'
import { CelDuration, CelTimestamp, CelUint, type CelValue, isList } from './values.ts'

const NANOS = 1_000_000_000n

/** Checks that a number is an int64. Throws `CelError` otherwise. */
export function int(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new CelError('the result does not fit an int')
  return value
}

/** Makes a uint64. Throws `CelError` for a number outside of its range. */
export function uint(value: bigint): CelUint {
  if (BigInt.asUintN(64, value) !== value) throw new CelError('the result does not fit a uint')
  return new CelUint(value)
}

export function add(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'string' && typeof b === 'string') {
    spendText(a.length + b.length)
    return a + b
  }
  if (isList(a) && isList(b)) {
    spend(a.length + b.length)
    return [...a, ...b]
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    spendText(a.length + b.length)
    return concatBytes([a, b])
  }
  if (a instanceof CelTimestamp && b instanceof CelDuration) return shift(a, b.nanos)
  if (a instanceof CelDuration && b instanceof CelTimestamp) return shift(b, a.nanos)
  if (a instanceof CelDuration && b instanceof CelDuration) {
    return new CelDuration(int(a.nanos + b.nanos))
  }
  return calculate('+', a, b)
}

export function subtract(a: CelValue, b: CelValue): CelValue {
  if (a instanceof CelTimestamp && b instanceof CelDuration) return shift(a, int(-b.nanos))
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) {
    const seconds = BigInt(a.seconds) - BigInt(b.seconds)
    return new CelDuration(int(int(seconds * NANOS) + BigInt(a.nanos - b.nanos)))
  }
  if (a instanceof CelDuration && b instanceof CelDuration) {
    return new CelDuration(int(a.nanos - b.nanos))
  }
  return calculate('-', a, b)
}

function shift(time: CelTimestamp, nanos: bigint): CelTimestamp {
  const total = BigInt(time.nanos) + nanos
  const rest = ((total % NANOS) + NANOS) % NANOS
  const seconds = time.seconds + Number((total - rest) / NANOS)
  const moved = timestampOf(seconds, Number(rest), time.offsetMinutes)
  if (!moved) throw new CelError('a timestamp must be in the years 1 to 9999')
  return moved
}

type Operator = '+' | '-' | '*' | '/' | '%'

/** Calculates `a * b` and so on, of two numbers of one type. Throws `CelError`. */
export function calculate(operator: Operator, a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(whole(operator, a, b))
  if (a instanceof CelUint && b instanceof CelUint) return uint(whole(operator, a.value, b.value))
  if (typeof a === 'number' && typeof b === 'number' && operator !== '%')
    return real(operator, a, b)
  throw noSuchOverload(operator)
}

function whole(operator: Operator, a: bigint, b: bigint): bigint {
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  if (operator === '*') return a * b
  if (b === 0n) throw new CelError('division by zero')
  if (operator === '/') return a / b
  // The rest of the one division whose quotient is no int64 is none either, as for Go.
  if (b === -1n) int(-a)
  return a % b
}

function real(operator: Exclude<Operator, '%'>, a: number, b: number): number {
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  return operator === '*' ? a * b : a / b
}

export function negate(value: CelValue): CelValue {
  if (typeof value === 'bigint') return int(-value)
  if (typeof value === 'number') return -value
  if (value instanceof CelDuration) return new CelDuration(int(-value.nanos))
  throw noSuchOverload('-')
}
