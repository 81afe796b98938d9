import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const brand: MantineColorsTuple = [
  '#e8f6f1',
  '#d0e9e1',
  '#a3d3c5',
  '#72bca7',
  '#4ba88e',
  '#33967b',
  '#24806a',
  '#1f6f5c',
  '#175948',
  '#0d4134',
];

export const theme = createTheme({
  primaryColor: 'brand',
  colors: { brand },
  primaryShade: { light: 7, dark: 6 },
  defaultRadius: 'md',
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: { fontWeight: '650' },
  components: {
    Modal: { defaultProps: { size: 'lg', closeButtonProps: { 'aria-label': 'Close' } } },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Tooltip: { defaultProps: { withArrow: true, multiline: true, maw: 320 } },
  },
});

const COLORS = ['green', 'red', 'orange', 'yellow', 'gray', 'blue', 'brand'];

const FILLED_RED = {
  '--mantine-color-red-filled': '#c92a2a',
  '--mantine-color-red-filled-hover': '#b02525',
};

/** The library's colors are too faint to read in places (WCAG AA asks for 4.5:1). */
export const readableColors: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...FILLED_RED,
    '--mantine-color-dimmed': '#5a626a',
    '--mantine-color-placeholder': '#6b737b',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-red-outline': '#c92a2a',
    ...softTexts(9),
    '--mantine-color-yellow-light-color': '#8a4b00',
    '--mantine-color-orange-light-color': '#a83200',
    '--mantine-color-green-light-color': '#1f6b2d',
  },
  dark: {
    ...FILLED_RED,
    '--mantine-color-dimmed': '#a3a8ad',
    '--mantine-color-placeholder': '#8f959b',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-red-outline': '#ff8787',
    ...softTexts(2),
  },
});

function softTexts(shade: number): Record<string, string> {
  return Object.fromEntries(
    COLORS.map((color) => [`--mantine-color-${color}-light-color`, `var(--mantine-color-${color}-${shade})`]),
  );
}
