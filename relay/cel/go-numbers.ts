// Digits stand on either side of a point that is there: without it, two runs of them would share one text in
// as many ways as it is long.
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/
const HEXADECIMAL = /^([+-]?)0[xX]([\da-fA-F]*)(?:\.([\da-fA-F]*))?[pP]([+-]?\d+)$/
const INFINITY = /^([+-]?)inf(?:inity)?$/i

/**
 * The number that Go's strconv.ParseFloat reads; undefined when the text is not a number, or the
 * number is too large.
 */
export function parseFloatAsGo(text: string): number | undefined {
  const infinite = INFINITY.exec(text)
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return Number.NaN
  const value = DECIMAL.test(text) ? Number(text) : parseHexFloat(text)
  return value !== undefined && Number.isFinite(value) ? value : undefined
}

function parseHexFloat(text: string): number | undefined {
  const [, sign = '', whole = '', fraction = '', exponent = ''] = HEXADECIMAL.exec(text) ?? []
  const digits = whole + fraction
  if (digits === '') return undefined
  const value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(exponent) - 4 * fraction.length)
  return sign === '-' ? -value : value
}

/**
 * The digits of a number other than 0, and the place of the decimal point: 0.0125 has the digits
 * 125 and the place -1.
 */
function decimalOf(value: number): { readonly digits: string; readonly point: number } {
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e')
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 }
}

function special(value: number, infinity: string): string | undefined {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return infinity
  if (value === -Infinity) return `-${infinity.replace('+', '')}`
  return undefined
}

function signOf(value: number): string {
  return value < 0 || Object.is(value, -0) ? '-' : ''
}

/** The shortest text that gives the number again, as Go's `%g` writes it: `1e+06`, `+Inf`. */
export function formatGeneral(value: number): string {
  const named = special(value, '+Inf')
  if (named) return named
  if (value === 0) return `${signOf(value)}0`
  const { digits, point } = decimalOf(value)
  const exponent = point - 1
  if (exponent >= -4 && exponent < 6) return formatShortest(value)
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  return `${signOf(value)}${digits[0]}${fraction}e${exponentText(exponent)}`
}

function exponentText(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** The shortest text that gives the number again, without an exponent: `1000000`, `Infinity`. */
export function formatShortest(value: number): string {
  const named = special(value, 'Infinity')
  if (named) return named
  if (value === 0) return `${signOf(value)}0`
  const { digits, point } = decimalOf(value)
  if (point <= 0) return `${signOf(value)}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return `${signOf(value)}${digits.padEnd(point, '0')}`
  return `${signOf(value)}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** The absolute value of a number as mantissa * 2^exponent. */
function binaryOf(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const high = bits.getUint32(0)
  const biased = (high >>> 20) & 0x7ff
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4))
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 }
}

/** The number * 10^power: its whole part, and whether Go rounds it up (halves to even). */
function scaled(value: number, power: number) {
  const { mantissa, exponent } = binaryOf(value)
  let numerator = mantissa
  let denominator = 1n
  if (power >= 0) numerator *= 10n ** BigInt(power)
  else denominator *= 10n ** BigInt(-power)
  if (exponent >= 0) numerator <<= BigInt(exponent)
  else denominator <<= BigInt(-exponent)
  const whole = numerator / denominator
  const twice = 2n * (numerator % denominator)
  const up = twice > denominator || (twice === denominator && whole % 2n === 1n)
  return { whole, rounded: up ? whole + 1n : whole }
}

/** The number with `precision` digits after the point, as Go's `%.3f` writes it. */
export function formatFixed(value: number, precision: number): string {
  const named = special(value, 'Infinity')
  if (named) return named
  const digits = scaled(value, precision)
    .rounded.toString()
    .padStart(precision + 1, '0')
  const whole = digits.slice(0, digits.length - precision)
  return `${signOf(value)}${whole}${precision > 0 ? `.${digits.slice(-precision)}` : ''}`
}

/**
 * The number with one digit before the point and `precision` digits after it, as Go's `%.3e` writes
 * it.
 */
export function formatScientific(value: number, precision: number): string {
  const named = special(value, 'Infinity')
  if (named) return named
  const { digits, exponent } = significant(value, precision)
  const fraction = precision > 0 ? `.${digits.slice(1)}` : ''
  return `${signOf(value)}${digits[0]}${fraction}e${exponentText(exponent)}`
}

/** The first digits of a number, rounded, and the power of ten of the first digit. */
function significant(value: number, precision: number) {
  if (value === 0) return { digits: '0'.repeat(precision + 1), exponent: 0 }
  let exponent = decimalOf(value).point - 1
  // The shortest text of a number may be a power of ten that the number does not reach.
  if (scaled(value, precision - exponent).whole < 10n ** BigInt(precision)) exponent -= 1
  const digits = scaled(value, precision - exponent).rounded.toString()
  const carried = digits.length > precision + 1
  return { digits: digits.slice(0, precision + 1), exponent: carried ? exponent + 1 : exponent }
}
