import { isIP } from 'node:net'

/** An IP address as a number. IPv6 that maps IPv4 counts as IPv4. */
export interface IpNumber {
  readonly bits: 32 | 128
  readonly value: bigint
}

/** The number of an IP address; undefined for any other text, and for an address with a zone. */
export function ipNumberOf(text: string): IpNumber | undefined {
  const family = isIP(text)
  if (family === 4) return { bits: 32, value: numberOf(text.split('.').map(Number), 8) }
  if (family === 0 || text.includes('%')) return undefined
  const value = numberOf(groupsOf(text), 16)
  const isMapped = value >> 32n === 0xffffn
  return isMapped ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value }
}

function numberOf(parts: readonly number[], bits: number): bigint {
  return parts.reduce((value, part) => (value << BigInt(bits)) | BigInt(part), 0n)
}

/** The eight groups of an IPv6 address. The URL parser turns a dotted end into groups. */
export function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16))
}
