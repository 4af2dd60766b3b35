import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Resident size of a process in bytes, now. */
export function residentBytes(pid: number): number {
  const status = statusOf(pid)
  if (status !== undefined) return bytesOf(status, 'VmRSS')
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1_024
}

/** The largest that it ever had; undefined where only Linux would tell. */
export function peakResidentBytes(pid: number): number | undefined {
  const status = statusOf(pid)
  return status === undefined ? undefined : bytesOf(status, 'VmHWM')
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function statusOf(pid: number): string | undefined {
  return process.platform === 'linux' ? readFileSync(`/proc/${pid}/status`, 'utf8') : undefined
}

function bytesOf(status: string, field: string): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  return Number(kibibytes) * 1_024
}
