import {
  ActionIcon,
  Button,
  Drawer,
  Fieldset,
  Group,
  Input,
  MultiSelect,
  NumberInput,
  PasswordInput,
  Select,
  SimpleGrid,
  Skeleton,
  Stack,
  Switch,
  TextInput,
} from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { toast } from '../../lib/toasts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Conflict } from '../../components/Conflict';
import { ErrorNote } from '../../components/ErrorNote';
import { showFault } from '../../components/showFault';
import { api, ApiError, BACKEND_KINDS, result, tagged, type Model } from '../../lib/api';
import {
  changedFields,
  emptyModel,
  LABELS,
  newTarget,
  shown,
  toFields,
  valuesOf,
  type ModelValues,
} from './modelForm';

interface Tagged {
  value: Model;
  etag: string;
}

const read = (id: string) => tagged(api.GET('/models/{id}', { params: { path: { id } } }));

interface Props {
  /** Null for a new model. */
  id: string | null;
  /** The names of all models, for fallbacks. */
  names: readonly string[];
  onClose: () => void;
}

export function EditModel({ id, names, onClose }: Props) {
  const { data, error } = useQuery({
    queryKey: ['models', id, 'edit'],
    queryFn: () => (id === null ? null : read(id)),
    staleTime: Infinity,
    gcTime: 0,
  });
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={<span className="name">{data == null ? 'New model' : `Edit “${data.value.name}”`}</span>}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <ErrorNote error={error} />
      {data === undefined ? (
        error === null && <Skeleton height={480} />
      ) : (
        <Form read={data} names={names} onClose={onClose} />
      )}
    </Drawer>
  );
}

interface FormProps {
  read: Tagged | null;
  names: readonly string[];
  onClose: () => void;
}

function Form({ read: first, names, onClose }: FormProps) {
  const queries = useQueryClient();
  const [base, setBase] = useState(first);
  const [theirs, setTheirs] = useState<Tagged | null>(null);
  const [blank] = useState(emptyModel);
  const form = useForm<ModelValues>({ initialValues: first === null ? blank : valuesOf(first.value) });
  const save = useMutation({
    mutationFn: ({ values, over }: { values: ModelValues; over: Tagged | null }) => {
      if (over === null) {
        const fields = [...new Set(['name' as const, 'targets' as const, ...changedFields(blank, values)])];
        return result(api.POST('/models', { body: toFields(values, fields) }));
      }
      return result(
        api.PATCH('/models/{id}', {
          params: { path: { id: over.value.id }, header: { 'If-Match': over.etag } },
          body: toFields(values, changedFields(valuesOf(over.value), values)),
        }),
      );
    },
    onSuccess: async () => {
      toast('The model was saved');
      onClose();
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['models'] }),
        queries.invalidateQueries({ queryKey: ['me', 'models'] }),
      ]);
    },
    onError: async (error) => {
      if (error instanceof ApiError && error.status === 412 && base !== null)
        setTheirs(await read(base.value.id));
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
  const unchanged = base !== null && changedFields(valuesOf(base.value), form.values).length === 0;
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate({ values, over: base }))}>
      <Stack>
        <TextInput
          label={LABELS.name}
          description="As clients call it"
          required
          maxLength={200}
          data-autofocus
          {...form.getInputProps('name')}
        />
        <Switch label="Enabled" {...form.getInputProps('enabled', { type: 'checkbox' })} />
        <Targets form={form} />
        <MultiSelect
          label={LABELS.fallback_models}
          description="Models that stand in, in this order, when no target can"
          data={names.filter((name) => name !== form.values.name)}
          searchable
          clearable
          limit={100}
          {...form.getInputProps('fallback_models')}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <TextInput
            label={LABELS.timeout}
            description="Of a whole call, e.g. 300s"
            placeholder="the gateway’s"
            {...form.getInputProps('timeout')}
          />
          <NumberInput
            label={LABELS.max_output_tokens}
            description="Of one reply"
            placeholder="no limit"
            min={1}
            allowDecimal={false}
            allowNegative={false}
            hideControls
            thousandSeparator=","
            {...form.getInputProps('max_output_tokens')}
          />
          <Select
            label={LABELS.stream_usage}
            description="Whether the backend is asked for them"
            data={[
              { value: '', label: 'as the gateway decides' },
              { value: 'ask', label: 'ask' },
              { value: 'never', label: 'never: it does not know them' },
            ]}
            allowDeselect={false}
            {...form.getInputProps('stream_usage')}
          />
        </SimpleGrid>
        {theirs === null ? (
          <ErrorNote error={save.error} title="The model was not saved" />
        ) : (
          <Conflict
            differences={changedFields(valuesOf(theirs.value), form.values).map((field) => ({
              field: LABELS[field],
              theirs: shown(valuesOf(theirs.value), field),
              mine: shown(form.values, field),
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
          <Button type="submit" loading={save.isPending} disabled={theirs !== null || unchanged}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Targets({ form }: { form: UseFormReturnType<ModelValues> }) {
  const targets = form.values.targets;
  return (
    <Stack gap="sm" role="group" aria-label="Targets">
      {targets.map((target, index) => (
        <Fieldset
          key={target.row}
          legend={targets.length === 1 ? 'Target' : `Target ${index + 1}`}
          pos="relative"
        >
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            <Select
              label="Backend"
              data={BACKEND_KINDS}
              allowDeselect={false}
              {...form.getInputProps(`targets.${index}.backend`)}
            />
            <TextInput
              label="Address"
              placeholder="as set for this kind"
              type="url"
              {...form.getInputProps(`targets.${index}.base_url`)}
            />
            <TextInput
              label="Model there"
              placeholder="the same name"
              {...form.getInputProps(`targets.${index}.upstream_model`)}
            />
            <PasswordInput
              label="API key"
              placeholder={target.has_api_key ? 'one is set; empty keeps it' : 'none'}
              autoComplete="off"
              visibilityToggleButtonProps={{ 'aria-label': 'Show what is typed' }}
              {...form.getInputProps(`targets.${index}.api_key`)}
            />
            <NumberInput
              label="Priority"
              description="The least is asked first"
              min={0}
              allowDecimal={false}
              {...form.getInputProps(`targets.${index}.priority`)}
            />
            <NumberInput
              label="Weight"
              description="Its share among equals"
              min={1}
              allowDecimal={false}
              {...form.getInputProps(`targets.${index}.weight`)}
            />
          </SimpleGrid>
          {targets.length > 1 && (
            <ActionIcon
              variant="subtle"
              color="red"
              pos="absolute"
              top={-4}
              right={8}
              aria-label={`Remove target ${index + 1}`}
              onClick={() => form.removeListItem('targets', index)}
            >
              <Trash2 size={16} aria-hidden />
            </ActionIcon>
          )}
        </Fieldset>
      ))}
      <Input.Error>{form.errors.targets}</Input.Error>
      <Group>
        <Button
          size="xs"
          variant="default"
          leftSection={<Plus size={14} aria-hidden />}
          disabled={targets.length >= 32}
          onClick={() => form.insertListItem('targets', newTarget())}
        >
          Add a target
        </Button>
      </Group>
    </Stack>
  );
}
