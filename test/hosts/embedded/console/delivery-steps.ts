/** The text of each step of the page of a delivery, by its head. */
export function stepsOf(page: string): Readonly<Record<string, string>> {
  const chain = page.slice(page.indexOf('<ol class="chain">'), page.indexOf('</ol>'))
  return Object.fromEntries(
    chain
      .split('<h2 class="step">')
      .slice(1)
      .map((step) => step.split('</h2>'))
      .map(([head = '', rest = '']) => [
        head,
        rest
          .replaceAll(/<[^>]+>/g, ' ')
          .replaceAll(/\s+/g, ' ')
          .trim(),
      ]),
  )
}
