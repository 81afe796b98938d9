import { Button, Drawer, Group, Skeleton, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { toast } from '../../lib/toasts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Conflict } from '../../components/Conflict';
import { ErrorNote } from '../../components/ErrorNote';
import { showFault } from '../../components/showFault';
import { api, ApiError, result, tagged, type Key } from '../../lib/api';
import { changedFields, LABELS, shown, toFields, valuesOf, type KeyValues } from './keyForm';
import { KeyFieldset } from './KeyFieldset';

interface Tagged {
  value: Key;
  etag: string;
}

const read = (id: string) => tagged(api.GET('/keys/{id}', { params: { path: { id } } }));

export function EditKey({ id, onClose }: { id: string; onClose: () => void }) {
  const { data, error } = useQuery({
    queryKey: ['keys', id, 'edit'],
    queryFn: () => read(id),
    // The form goes on from what was read once; what comes later is a conflict.
    staleTime: Infinity,
    gcTime: 0,
  });
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={<span className="name">{data === undefined ? 'Edit key' : `Edit “${data.value.name}”`}</span>}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <ErrorNote error={error} />
      {data === undefined ? (
        error === null && <Skeleton height={480} />
      ) : (
        <EditForm read={data} onClose={onClose} />
      )}
    </Drawer>
  );
}

function EditForm({ read: first, onClose }: { read: Tagged; onClose: () => void }) {
  const queries = useQueryClient();
  const [base, setBase] = useState(first);
  const [theirs, setTheirs] = useState<Tagged | null>(null);
  const form = useForm<KeyValues>({ initialValues: valuesOf(first.value) });
  const save = useMutation({
    mutationFn: async ({ values, over }: { values: KeyValues; over: Tagged }) => {
      const body = toFields(values, changedFields(valuesOf(over.value), values));
      return result(
        api.PATCH('/keys/{id}', {
          params: { path: { id: over.value.id }, header: { 'If-Match': over.etag } },
          body,
        }),
      );
    },
    onSuccess: async () => {
      toast('The key was saved');
      onClose();
      await queries.invalidateQueries({ queryKey: ['keys'] });
    },
    onError: async (error) => {
      if (error instanceof ApiError && error.status === 412) setTheirs(await read(base.value.id));
      else showFault(form, error);
    },
  });
  const takeTheirs = () => {
    if (theirs === null) return;
    form.setValues(valuesOf(theirs.value));
    setBase(theirs);
    setTheirs(null);
    save.reset();
  };
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate({ values, over: base }))}>
      <Stack>
        <KeyFieldset form={form} emptyLimit="no limit" builtIn={base.value.built_in} />
        {theirs === null ? (
          <ErrorNote error={save.error} title="The key was not saved" />
        ) : (
          <Conflict
            differences={changedFields(valuesOf(theirs.value), form.values).map((field) => ({
              field: LABELS[field],
              theirs: shown(valuesOf(theirs.value)[field]),
              mine: shown(form.values[field]),
            }))}
            saving={save.isPending}
            onTakeTheirs={takeTheirs}
            onOverwrite={() => save.mutate({ values: form.values, over: theirs })}
          />
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={theirs !== null || changedFields(valuesOf(base.value), form.values).length === 0}
          >
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
