import { ActionIcon, Menu, Modal } from '@mantine/core';
import { toast } from '../../lib/toasts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, Pencil, Power, RefreshCw, RotateCcw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Confirm } from '../../components/Confirm';
import { useMyModels } from '../../components/queries';
import { RotateForm } from '../../components/RotateForm';
import { Secret, SHOWN_ONCE } from '../../components/Secret';
import { absolute, number } from '../../lib/format';
import { api, result, type Key, type NewKey } from '../../lib/api';
import { EditKey } from './EditKey';

type Action = 'edit' | 'rotate' | 'reset' | 'delete';

interface Props {
  value: Key;
  onDeleted?: () => void;
}

/** All that can be done with one key. */
export function KeyMenu({ value, onDeleted }: Props) {
  const [action, setAction] = useState<Action | null>(null);
  const close = () => setAction(null);
  const enable = useKeyChange(
    () =>
      result(
        api.PATCH('/keys/{id}', { params: { path: { id: value.id } }, body: { enabled: !value.enabled } }),
      ),
    value.enabled ? 'The key is disabled' : 'The key is enabled',
  );
  return (
    <>
      <Menu position="bottom-end" withArrow>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${value.name.slice(0, 80)}`}>
            <Ellipsis size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Pencil size={16} aria-hidden />} onClick={() => setAction('edit')}>
            Edit
          </Menu.Item>
          {!value.built_in && (
            <>
              <Menu.Item
                leftSection={<RefreshCw size={16} aria-hidden />}
                onClick={() => setAction('rotate')}
              >
                Rotate
              </Menu.Item>
              <Menu.Item leftSection={<Power size={16} aria-hidden />} onClick={() => enable.mutate()}>
                {value.enabled ? 'Disable' : 'Enable'}
              </Menu.Item>
            </>
          )}
          <Menu.Item leftSection={<RotateCcw size={16} aria-hidden />} onClick={() => setAction('reset')}>
            Reset used quota
          </Menu.Item>
          {!value.built_in && (
            <Menu.Item
              color="red"
              leftSection={<Trash2 size={16} aria-hidden />}
              onClick={() => setAction('delete')}
            >
              Delete
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {action === 'edit' && <EditKey id={value.id} onClose={close} />}
      {action === 'rotate' && <RotateKey value={value} onClose={close} />}
      {action === 'reset' && <ResetUsage value={value} onClose={close} />}
      {action === 'delete' && <DeleteKey value={value} onClose={close} onDeleted={onDeleted} />}
    </>
  );
}

interface ActionProps {
  value: Key;
  onClose: () => void;
}

function RotateKey({ value, onClose }: ActionProps) {
  const queries = useQueryClient();
  const { data: models = [] } = useMyModels();
  const rotate = useMutation({
    mutationFn: async (grace: string) =>
      (await result(
        api.POST('/keys/{id}/rotate', { params: { path: { id: value.id } }, body: { grace } }),
      )) as NewKey,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['keys'] }),
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={<span className="name">Rotate “{value.name}”</span>}
      {...(rotate.isIdle || rotate.isError ? { closeOnClickOutside: false } : SHOWN_ONCE)}
    >
      {rotate.data === undefined ? (
        <RotateForm
          error={rotate.error}
          pending={rotate.isPending}
          onRotate={rotate.mutate}
          onClose={onClose}
        />
      ) : (
        <Secret
          secret={rotate.data.key}
          model={value.default_model ?? models[0] ?? 'MODEL'}
          hint={
            rotate.data.old_works_until === null
              ? 'The old one does not work any more.'
              : `The old one works until ${absolute(rotate.data.old_works_until)}.`
          }
          onClose={onClose}
        />
      )}
    </Modal>
  );
}

function ResetUsage({ value, onClose }: ActionProps) {
  const reset = useKeyChange(
    () => result(api.POST('/keys/{id}/reset-usage', { params: { path: { id: value.id } } })),
    'The key has its quota back',
    onClose,
  );
  return (
    <Confirm
      title="Reset used quota"
      action="Reset"
      error={reset.error}
      pending={reset.isPending}
      onConfirm={reset.mutate}
      onClose={onClose}
    >
      “{value.name}” has used {number(value.used_tokens)} tokens of its quota and would be back at 0. Its
      calls and their tokens stay in Usage and Requests.
    </Confirm>
  );
}

function DeleteKey({ value, onClose, onDeleted }: ActionProps & { onDeleted: (() => void) | undefined }) {
  const remove = useKeyChange(
    () => result(api.DELETE('/keys/{id}', { params: { path: { id: value.id } } })),
    'The key was deleted',
    () => (onDeleted ?? onClose)(),
  );
  return (
    <Confirm
      title="Delete key"
      action="Delete"
      error={remove.error}
      pending={remove.isPending}
      onConfirm={remove.mutate}
      onClose={onClose}
    >
      Delete <strong>{value.name}</strong> ({value.key_prefix}…)? Whoever uses it is refused from now on. This
      cannot be undone; what it used stays counted. To only pause it, disable it.
    </Confirm>
  );
}

function useKeyChange(change: () => Promise<unknown>, done: string, onDone?: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      toast(done);
      onDone?.();
      await queries.invalidateQueries({ queryKey: ['keys'] });
    },
    onError: (error) => toast('Nothing was changed', error.message),
  });
}
