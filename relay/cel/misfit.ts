/** Describes a call of a function that does not accept values of these types. */
export function describeMisfit(name: string, member: boolean, given: readonly string[]): string {
  const [target = '', ...rest] = given
  if (!/^(?:_|@|.*_$)/.test(name)) {
    const called = member ? `${target}.${name}(${rest.join(', ')})` : `${name}(${given.join(', ')})`
    return `no function ${name} takes these types: ${called}`
  }
  const operator = name.replace(/^@/, '').replaceAll('_', ' ').trim()
  return `${operator} does not take ${given.join(' and ')}`
}
