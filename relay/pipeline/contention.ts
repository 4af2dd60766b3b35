/**
 * Other processes kept writing the same item. Nothing is wrong with the work itself, which is done
 * again later.
 */
export class Contention extends Error {
  override readonly name = 'Contention'
}
