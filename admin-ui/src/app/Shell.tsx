import {
  ActionIcon,
  AppShell,
  Badge,
  Burger,
  Group,
  Menu,
  NavLink,
  Text,
  Tooltip,
  useMantineColorScheme,
  useComputedColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  Activity,
  Boxes,
  ChartColumn,
  CircleUser,
  Home,
  KeyRound,
  ListTree,
  LogOut,
  MessageSquareText,
  Moon,
  ScrollText,
  Server,
  Settings,
  Sun,
  type LucideIcon,
} from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Link, Outlet, ScrollRestoration, useLocation, useNavigation } from 'react-router';
import { loginApi } from '../lib/api';
import { sessionIs, useSession, type Role } from '../lib/session';
import { Logo } from './Logo';
import { queryClient } from './queryClient';

const NAVIGATION: Record<Role, [path: string, label: string, icon: LucideIcon][]> = {
  admin: [
    ['/', 'Overview', Activity],
    ['/keys', 'Keys', KeyRound],
    ['/models', 'Models', Boxes],
    ['/backends', 'Backends', Server],
    ['/usage', 'Usage', ChartColumn],
    ['/requests', 'Requests', ListTree],
    ['/audit', 'Audit', ScrollText],
    ['/playground', 'Playground', MessageSquareText],
    ['/settings', 'Settings', Settings],
  ],
  key: [
    ['/', 'Home', Home],
    ['/usage', 'Usage', ChartColumn],
    ['/requests', 'Requests', ListTree],
    ['/playground', 'Playground', MessageSquareText],
  ],
};

export function Shell() {
  const session = useSession();
  const { pathname } = useLocation();
  const [opened, { toggle, close }] = useDisclosure(false);
  const loading = useNavigation().state === 'loading';
  const main = useRef<HTMLElement>(null);
  const section = pathname.split('/')[1] ?? '';
  const before = useRef(section);
  useEffect(() => {
    // As after a click on a link of an ordinary site, the keyboard goes on in the new page.
    if (before.current !== section) main.current?.focus({ preventScroll: true });
    before.current = section;
  }, [section]);
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a className="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={opened ? 'Close the menu' : 'Open the menu'}
              aria-expanded={opened}
            />
            <Logo size={28} />
            <Text fw={650}>ModelGate</Text>
          </Group>
          <Group gap="xs" wrap="nowrap" miw={0}>
            <ColorSchemeToggle />
            <Account name={session.name} role={session.role} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Main">
        {NAVIGATION[session.role].map(([path, label, Icon]) => (
          <NavLink
            key={path}
            component={Link}
            to={path}
            label={label}
            leftSection={<Icon size={18} aria-hidden />}
            active={`/${section}` === path}
            aria-current={`/${section}` === path ? 'page' : undefined}
            onClick={close}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="main" ref={main} tabIndex={-1} aria-busy={loading}>
        <Outlet />
      </AppShell.Main>
      <ScrollRestoration />
    </AppShell>
  );
}

function ColorSchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light') === 'dark';
  const label = dark ? 'Light colors' : 'Dark colors';
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        onClick={() => setColorScheme(dark ? 'light' : 'dark')}
        aria-label={label}
      >
        {dark ? <Sun size={18} aria-hidden /> : <Moon size={18} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}

function Account({ name, role }: { name: string; role: Role }) {
  return (
    <Menu position="bottom-end" withArrow>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="Account">
          <CircleUser size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown maw={280}>
        <Menu.Label>
          <Text size="sm" truncate>
            {name}
          </Text>
          <Badge size="xs" variant="light" mt={4}>
            {role === 'admin' ? 'administrator' : 'key holder'}
          </Badge>
        </Menu.Label>
        <Menu.Item leftSection={<LogOut size={16} aria-hidden />} onClick={() => void logOut()}>
          Log out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

async function logOut() {
  await loginApi.DELETE('/session');
  queryClient.clear();
  // Whoever logs in next begins at the first page, which all have.
  window.history.replaceState(null, '', '/admin/');
  queryClient.setQueryData(['session'], true);
  sessionIs(null);
}
