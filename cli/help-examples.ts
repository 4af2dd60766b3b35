import type { Command } from 'commander'

/** What people do with each command that does something, by the words that lead to it. */
export const EXAMPLES: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'serve',
    [
      'flux-relay serve --manifests ./notifications',
      'flux-relay serve --tokens tokens.yaml --host 0.0.0.0 --data /var/lib/flux-relay',
    ],
  ],
  [
    'ship',
    [
      'flux-relay ship --relay https://relay.example.com --cluster prod --token-file /run/secrets/token',
    ],
  ],
  [
    'apply',
    [
      'flux-relay apply -f ./notifications --cluster prod',
      'flux-relay apply -f ./notifications --cluster prod --stack flux-relay-prod',
      'flux-relay apply -f ./fleet --fleet',
    ],
  ],
  [
    'validate',
    ['flux-relay validate -f ./notifications', 'flux-relay validate -f ./fleet --fleet'],
  ],
  [
    'explain',
    [
      'flux-relay explain -f ./notifications -e event.json --expect flux-system/slack=delivered',
      'flux-relay explain --event 3f2c9a17d5e0',
    ],
  ],
  [
    'diff',
    [
      'flux-relay diff -f ./notifications --cluster prod --since 24h',
      'flux-relay diff -f ./notifications --against ../main/notifications -o github',
    ],
  ],
  [
    'test provider',
    [
      'flux-relay test provider slack -n flux-system',
      'flux-relay test provider pagerduty --severity error --cluster prod',
      'flux-relay test provider github --commit "$(git rev-parse HEAD)"',
    ],
  ],
  [
    'send',
    [
      'flux-relay send -e event.json --cluster prod',
      'flux-relay send --example --cluster local --wait 10s',
      'flux-relay send -e - --cluster prod < events.ndjson',
    ],
  ],
  ['get alerts', ['flux-relay get alerts -A', 'flux-relay get alert on-call -o yaml']],
  [
    'get providers',
    ['flux-relay get providers -n apps --cluster prod', 'flux-relay get providers --fleet'],
  ],
  ['get silences', ['flux-relay get silences -A --cluster prod -o wide']],
  [
    'get deliveries',
    [
      'flux-relay get deliveries --outcome retry,dead --since 1d',
      'flux-relay get deliveries --alert flux-system/on-call --severity error -o wide',
      'flux-relay get deliveries --object Kustomization/flux-system/apps --since 2026-11-20 -w',
    ],
  ],
  [
    'get events',
    [
      'flux-relay get events --severity error --since 1h',
      'flux-relay get events --object Kustomization/flux-system/apps -w',
    ],
  ],
  ['get clusters', ['flux-relay get clusters', 'flux-relay get cluster prod -o json']],
  ['describe delivery', ['flux-relay describe delivery 3f2c9a17d5e0']],
  ['describe event', ['flux-relay describe event 9e1b04c7aa52 --cluster prod']],
  ['describe alert', ['flux-relay describe alert on-call -n flux-system']],
  ['describe provider', ['flux-relay describe provider slack --cluster prod']],
  [
    'console',
    [
      'flux-relay console --relay https://relay.example.com',
      'flux-relay console --stack flux-relay-prod --cluster prod',
    ],
  ],
  [
    'replay',
    [
      'flux-relay replay 3f2c9a17d5e0',
      'flux-relay replay --dead --provider flux-system/slack --since 2h --dry-run',
      'flux-relay replay --queue --dry-run',
    ],
  ],
  [
    'dismiss',
    [
      "flux-relay dismiss 3f2c9a17d5e0 --comment 'the channel is gone for good'",
      'flux-relay dismiss --dead --provider flux-system/slack --until 2026-11-20 --dry-run',
    ],
  ],
  [
    'silence create',
    [
      `flux-relay silence create --cluster prod --for 2h --reason 'moving the database' --match "event.involvedObject.namespace == 'shop'"`,
      'flux-relay silence create --cluster prod --until 2026-12-01T06:00:00Z --reason upgrade --match true',
    ],
  ],
  ['silence list', ['flux-relay silence list --cluster prod --all']],
  ['silence expire', ['flux-relay silence expire 3f2c9a17 --cluster prod']],
  [
    'secret put',
    [
      'flux-relay secret put flux-system/slack --cluster prod --from-file=address=./hook-url',
      'flux-relay secret put flux-system/github --cluster prod --from-literal=token="$TOKEN"',
      'flux-relay secret put slack --fleet --from-file=token=./slack-token',
    ],
  ],
  [
    'context add',
    [
      'flux-relay context add prod --relay https://relay.example.com --cluster prod --token-file token',
      'flux-relay context add aws --stack flux-relay-prod --cluster eu-1',
    ],
  ],
  ['context use', ['flux-relay context use prod']],
  ['context list', ['flux-relay context list']],
  ['context remove', ['flux-relay context remove prod']],
  [
    'cluster create',
    [
      'flux-relay cluster create prod --tokens tokens.yaml',
      'flux-relay cluster create prod --stack flux-relay-prod > token',
      'flux-relay cluster create prod --observe --tokens tokens.yaml',
    ],
  ],
  ['cluster observe', ['flux-relay cluster observe prod --tokens tokens.yaml']],
  ['cluster go-live', ['flux-relay cluster go-live prod --stack flux-relay-prod']],
  ['cluster rotate', ['flux-relay cluster rotate prod --stack flux-relay-prod']],
  ['cluster delete', ['flux-relay cluster delete prod --stack flux-relay-prod']],
  [
    'cluster identity',
    [
      'flux-relay cluster identity prod --stack flux-relay-prod --azure-tenant-id ID --azure-client-id ID',
    ],
  ],
  [
    'completion',
    [
      'source <(flux-relay completion bash)',
      'flux-relay completion zsh > /usr/local/share/zsh/site-functions/_flux-relay',
      'flux-relay completion fish > ~/.config/fish/completions/flux-relay.fish',
    ],
  ],
  ['version', ['flux-relay version -o json', 'flux-relay version --stack flux-relay-prod']],
])

/** Adds its examples to the help of a command, and of those below it. */
export function addExamples(command: Command, above = ''): void {
  const path = `${above} ${command.name()}`.trim()
  const examples = EXAMPLES.get(path)
  if (examples) {
    const lines = examples.map((example) => `  ${example}\n`)
    command.addHelpText('after', `\nExamples:\n${lines.join('').trimEnd()}`)
  }
  for (const child of command.commands) addExamples(child, path)
}
