import { createBrowserRouter, type RouteObject } from 'react-router';
import type { Role } from '../lib/session';
import { Broken, NotFound } from './Broken';
import { Shell } from './Shell';

/** Each page comes when it is first opened. */
const page = (load: () => Promise<{ default: React.ComponentType }>): Pick<RouteObject, 'lazy'> => ({
  lazy: async () => ({ Component: (await load()).default }),
});

const usage = { path: 'usage', ...page(() => import('../features/usage/UsagePage')) };
const requests = { path: 'requests/:id?', ...page(() => import('../features/requests/RequestsPage')) };
const playground = { path: 'playground', ...page(() => import('../features/playground/PlaygroundPage')) };

const PAGES: Record<Role, RouteObject[]> = {
  admin: [
    { index: true, ...page(() => import('../features/overview/OverviewPage')) },
    { path: 'keys', ...page(() => import('../features/keys/KeysPage')) },
    { path: 'keys/:id', ...page(() => import('../features/keys/KeyPage')) },
    { path: 'models', ...page(() => import('../features/models/ModelsPage')) },
    { path: 'backends', ...page(() => import('../features/backends/BackendsPage')) },
    usage,
    requests,
    { path: 'audit', ...page(() => import('../features/audit/AuditPage')) },
    playground,
    { path: 'settings', ...page(() => import('../features/settings/SettingsPage')) },
  ],
  key: [{ index: true, ...page(() => import('../features/home/HomePage')) }, usage, requests, playground],
};

export function routerFor(role: Role) {
  return createBrowserRouter(
    [
      {
        element: <Shell />,
        errorElement: <Broken />,
        HydrateFallback: () => null,
        children: [
          { errorElement: <Broken />, children: [...PAGES[role], { path: '*', element: <NotFound /> }] },
        ],
      },
    ],
    { basename: '/admin' },
  );
}
