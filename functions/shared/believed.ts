/**
 * How long dispatch may believe what it has read before, and a second more. What has come since is
 * found by a try that is due then. Milliseconds.
 */
export const CONFIG_BELIEVED_MS = 6_000
export const ABSENCE_BELIEVED_MS = 31_000
