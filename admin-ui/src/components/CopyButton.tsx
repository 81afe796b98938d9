import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Check, Copy } from 'lucide-react';

interface Props {
  value: string;
  /** What is copied, e.g. "the key". */
  what: string;
  /** A whole button instead of an icon. */
  wide?: boolean;
}

export function CopyButton({ value, what, wide = false }: Props) {
  const clipboard = useClipboard({ timeout: 2000 });
  const copy = () => (window.isSecureContext ? clipboard.copy(value) : copyByHand(value, clipboard.copy));
  const icon = clipboard.copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />;
  const label = clipboard.copied ? 'Copied' : `Copy ${what}`;
  if (wide) {
    return (
      <Button leftSection={icon} onClick={copy} variant={clipboard.copied ? 'light' : 'filled'}>
        {label}
      </Button>
    );
  }
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" onClick={copy} aria-label={label}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

/** Over plain HTTP, browsers keep the clipboard's own interface from pages. */
function copyByHand(value: string, otherwise: (value: string) => void) {
  const area = document.createElement('textarea');
  area.value = value;
  area.style.position = 'fixed';
  (document.querySelector('[role=dialog]') ?? document.body).append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way without TLS
  document.execCommand('copy');
  area.remove();
  otherwise(value);
}
