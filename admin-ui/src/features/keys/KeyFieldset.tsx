import {
  Fieldset,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TagsInput,
  Textarea,
  TextInput,
} from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useMyModels } from '../../components/queries';
import { LABELS, type KeyValues } from './keyForm';

interface Props {
  form: UseFormReturnType<KeyValues>;
  /** What an empty limit means. */
  emptyLimit: string;
  builtIn?: boolean;
}

export function KeyFieldset({ form, emptyLimit, builtIn = false }: Props) {
  const { data: models = [] } = useMyModels();
  const limit = (field: 'rpm' | 'burst' | 'tpm' | 'max_concurrent' | 'quota_tokens', description: string) => (
    <NumberInput
      label={LABELS[field]}
      description={description}
      placeholder={emptyLimit}
      min={0}
      allowDecimal={false}
      allowNegative={false}
      thousandSeparator=","
      max={Number.MAX_SAFE_INTEGER}
      hideControls
      key={form.key(field)}
      {...form.getInputProps(field)}
    />
  );
  return (
    <Stack>
      <TextInput
        label={LABELS.name}
        description="For people: whose it is, or what for"
        required
        maxLength={200}
        data-autofocus
        key={form.key('name')}
        {...form.getInputProps('name')}
      />
      <Textarea
        label={LABELS.note}
        description="For administrators alone"
        autosize
        minRows={2}
        maxRows={8}
        maxLength={2000}
        key={form.key('note')}
        {...form.getInputProps('note')}
      />
      <Fieldset legend="Limits">
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          {limit('quota_tokens', 'Tokens in and out, together')}
          <Select
            label={LABELS.quota_period}
            description="In UTC"
            allowDeselect={false}
            data={[
              { value: 'total', label: 'never' },
              { value: 'day', label: 'each day' },
              { value: 'week', label: 'each week' },
              { value: 'month', label: 'each month' },
            ]}
            key={form.key('quota_period')}
            {...form.getInputProps('quota_period')}
          />
          {limit('rpm', 'On average')}
          {limit('burst', 'Requests that may come in a heap')}
          {limit('tpm', 'In and out, on average')}
          {limit('max_concurrent', 'Under way at the same time')}
        </SimpleGrid>
      </Fieldset>
      <Fieldset legend="Access">
        <Stack gap="sm">
          <Switch
            label="Enabled"
            disabled={builtIn}
            key={form.key('enabled')}
            {...form.getInputProps('enabled', { type: 'checkbox' })}
          />
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            <TextInput
              type="datetime-local"
              label={LABELS.expires_at}
              description="In your time; empty for never"
              key={form.key('expires_at')}
              {...form.getInputProps('expires_at')}
            />
            <Select
              label={LABELS.tier}
              description="Paid ones get more places when it is crowded"
              allowDeselect={false}
              data={['free', 'paid']}
              key={form.key('tier')}
              {...form.getInputProps('tier')}
            />
          </SimpleGrid>
          <TagsInput
            label={LABELS.allowed_models}
            description="Names, in which * stands for any characters; empty for all. Enter adds one."
            placeholder={form.values.allowed_models.length === 0 ? 'all models' : undefined}
            data={models}
            limit={50}
            maxTags={200}
            acceptValueOnBlur
            clearable
            key={form.key('allowed_models')}
            {...form.getInputProps('allowed_models')}
          />
          <TextInput
            label={LABELS.default_model}
            description="For calls that name none"
            maxLength={200}
            key={form.key('default_model')}
            {...form.getInputProps('default_model')}
          />
          <TagsInput
            label={LABELS.allowed_ips}
            description="Addresses and networks, e.g. 10.0.0.0/8 or 2001:db8::/32; empty for anywhere"
            placeholder={form.values.allowed_ips.length === 0 ? 'anywhere' : undefined}
            maxTags={200}
            acceptValueOnBlur
            clearable
            key={form.key('allowed_ips')}
            {...form.getInputProps('allowed_ips')}
          />
        </Stack>
      </Fieldset>
    </Stack>
  );
}
