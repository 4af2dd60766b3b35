/**
 * A stream that ends in the place of the first part that comes when `isAllowed` says no more. It is asked for
 * every part, as it would be for a request, so that a stream outlives no session.
 */
export function streamWhile(
  stream: ReadableStream<Uint8Array>,
  isAllowed: () => boolean,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (!done && isAllowed()) {
          controller.enqueue(value)
          return
        }
        await reader.cancel()
        controller.close()
      },
      cancel: () => reader.cancel(),
    },
    // Nothing is taken before it is asked for: who does not read is noticed by the stream itself.
    { highWaterMark: 0 },
  )
}
