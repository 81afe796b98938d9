import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  base: '/admin/',
  plugins: [react()],
  build: {
    outDir: 'target/classes/modelgate-admin-ui',
    emptyOutDir: true,
    // The gateway's policy lets no data: addresses in but for pictures.
    assetsInlineLimit: 0,
    target: 'es2022',
  },
  // Those in e2e are Playwright's.
  test: { include: ['src/**/*.test.ts'] },
  server: {
    proxy: { '/admin/api': 'http://127.0.0.1:18080' },
  },
});
