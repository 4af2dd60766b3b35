import { spawnSync } from 'node:child_process'

/** Whom a server runs as that refuses to run as root. */
export interface RunUser {
  readonly uid?: number
  readonly gid?: number
}

/** Nobody where we are root, else who we are; throws where there is no such user. */
export function runUser(): RunUser {
  if (process.getuid?.() !== 0) return {}
  return { uid: idOf('-u'), gid: idOf('-g') }
}

function idOf(flag: '-u' | '-g'): number {
  const { status, stdout } = spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' })
  if (status === 0) return Number(stdout)
  throw new Error('this is root, which it refuses, and there is no user nobody')
}
