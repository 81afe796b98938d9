import { Button, Checkbox, Group, Modal, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ErrorNote } from '../../components/ErrorNote';
import { useMyModels } from '../../components/queries';
import { Secret, SHOWN_ONCE } from '../../components/Secret';
import { showFault } from '../../components/showFault';
import { api, result, type NewKey } from '../../lib/api';
import { useState } from 'react';
import { changedFields, EMPTY, LIMITS, toFields, type KeyValues } from './keyForm';
import { KeyFieldset } from './KeyFieldset';

export function CreateKey({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const { data: models = [] } = useMyModels();
  const [unlimited, setUnlimited] = useState(false);
  const form = useForm<KeyValues>({ initialValues: EMPTY });
  const create = useMutation({
    mutationFn: async (values: KeyValues) => {
      const fields = [
        ...new Set(['name' as const, ...changedFields(EMPTY, values), ...(unlimited ? LIMITS : [])]),
      ];
      return (await result(api.POST('/keys', { body: toFields(values, fields) }))) as NewKey;
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['keys'] }),
    onError: (error) => showFault(form, error),
  });
  const made = create.data;
  if (made !== undefined) {
    return (
      <Modal opened onClose={onClose} title={<span className="name">Key “{made.name}”</span>} {...SHOWN_ONCE}>
        <Secret
          secret={made.key}
          model={
            made.default_model ??
            made.allowed_models?.find((name) => !name.includes('*')) ??
            models[0] ??
            'MODEL'
          }
          onClose={onClose}
        />
      </Modal>
    );
  }
  return (
    <Modal
      opened
      onClose={onClose}
      title="New key"
      closeOnClickOutside={!form.isDirty()}
      closeOnEscape={!form.isDirty()}
    >
      <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
        <Stack>
          <KeyFieldset form={form} emptyLimit={unlimited ? 'no limit' : 'the gateway’s default'} />
          <Checkbox
            label="No limit where the field is empty"
            description="Otherwise the gateway’s defaults apply (limits.* in the settings)"
            checked={unlimited}
            onChange={(event) => setUnlimited(event.currentTarget.checked)}
          />
          <ErrorNote error={create.error} title="The key was not created" />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending}>
              Create
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
