import { defineConfig } from 'vitest/config'

/** Against a real kube-apiserver: `npm run test:kube`. Each file starts one. */
export default defineConfig({
  test: {
    include: [
      'test/hosts/shipper/kubernetes/**/*.test.ts',
      'test/hosts/shipper/secrets.test.ts',
      'test/deploy/cluster.test.ts',
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
