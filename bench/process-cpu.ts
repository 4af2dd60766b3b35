import { readFileSync } from 'node:fs'

/** USER_HZ, which is 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

/**
 * CPU time of all threads of a process, user and system, in milliseconds; exact to 10 ms. Linux only:
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the command in parentheses, and may hold blanks; user time is the 14th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND
}
