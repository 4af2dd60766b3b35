const MASKED: ReadonlySet<string> = new Set(['address', 'proxy', 'username'])

/** Whether the value of this field of a Provider's spec may hold a credential: hook addresses do. */
export function mayHoldCredential(field: string): boolean {
  return MASKED.has(field)
}
