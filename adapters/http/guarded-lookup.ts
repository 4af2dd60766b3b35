import { promises as dns, type LookupAddress } from 'node:dns'
import { closeSync, openSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { devNull } from 'node:os'
import type { AddressGuard } from './address-guard.ts'
import { ConnectError, codeOf, ownOr } from './failure.ts'

/**
 * Returns all addresses of a name, in the order to try them. Rejects when there are none.
 * `cluster`, if known, is the one whose share of the look-ups is used.
 */
export type Resolve = (hostname: string, cluster?: string) => Promise<readonly LookupAddress[]>

/**
 * Resolves names by the system, with `/etc/hosts` and the search domains of a cluster. The system knows no name while the
 * process may open no file, and does not tell why: then this rejects as opening a file does.
 */
export const resolveBySystem: Resolve = async (hostname) => {
  try {
    return await dns.lookup(hostname, { all: true })
  } catch (error) {
    closeSync(openSync(devNull, 'r'))
    throw error
  }
}

/**
 * A `lookup` for one socket. The addresses that it hands out are those that the socket connects to,
 * so a name that changes its addresses after a check gains nothing. Fails with a `ConnectError`:
 * `dns`, or `address-refused` when the guard leaves none.
 *
 * Node asks no `lookup` about an IP address: whoever connects checks those before.
 */
export function guardedLookup(guard: AddressGuard, port: number, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    allowedAddresses(hostname, port, guard, resolve).then(
      ([first, ...others]) => {
        if (options.all) callback(null, [first, ...others])
        else callback(null, first.address, first.family)
      },
      (error) => callback(error, []),
    )
  }
}

async function allowedAddresses(
  hostname: string,
  port: number,
  guard: AddressGuard,
  resolve: Resolve,
): Promise<readonly [LookupAddress, ...LookupAddress[]]> {
  const addresses = await resolveOrFail(hostname, resolve)
  const [first, ...others] = addresses.filter(({ address }) => guard(address, port) === undefined)
  if (first !== undefined) return [first, ...others]
  const [refused] = addresses
  if (refused === undefined) throw new ConnectError('dns', `${hostname} has no address`)
  const reason = guard(refused.address, port)
  throw new ConnectError('address-refused', `${hostname}: ${reason}`)
}

async function resolveOrFail(
  hostname: string,
  resolve: Resolve,
): Promise<readonly LookupAddress[]> {
  try {
    return await resolve(hostname)
  } catch (error) {
    if (error instanceof ConnectError) throw error
    const code = codeOf(error)
    const problem = code === 'ENOTFOUND' ? 'there is no such name' : 'the name look-up failed'
    throw ownOr('dns', error, `${hostname}: ${problem} (${code})`)
  }
}
