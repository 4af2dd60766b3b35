import { Option } from 'commander'

/** The option by which a command that lists things is told how to print them. */
export function outputOption(): Option {
  return new Option('-o, --output <format>', 'how to print')
    .choices(['table', 'wide', 'json', 'yaml'])
    .default('table')
}
