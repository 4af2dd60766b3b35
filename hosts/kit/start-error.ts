/** The relay cannot start as it is told to; the message is for a person. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
