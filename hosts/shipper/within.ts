/** Whether `done` resolves within `ms` milliseconds. Its rejection is passed on. */
export function within(done: Promise<unknown>, ms: number): Promise<boolean> {
  const late = new Promise<false>((resolve) => {
    setTimeout(() => resolve(false), ms).unref()
  })
  return Promise.race([done.then(() => true), late])
}
