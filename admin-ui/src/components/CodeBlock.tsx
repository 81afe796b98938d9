import { Box } from '@mantine/core';
import { CopyButton } from './CopyButton';

interface Props {
  code: string;
  /** What it is, e.g. "the curl command". */
  what: string;
}

export function CodeBlock({ code, what }: Props) {
  return (
    <Box pos="relative">
      <Box pos="absolute" top={8} right={8}>
        <CopyButton value={code} what={what} />
      </Box>
      {/* Scrolls, so the keyboard has to get there. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className="code" tabIndex={0} aria-label={what} role="region">
        <code>{code}</code>
      </pre>
    </Box>
  );
}
