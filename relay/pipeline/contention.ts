/** Others write the same item all the time. Whoever gets it did nothing wrong, and comes again. */
export class Contention extends Error {
  override readonly name = 'Contention'
}
