import {
  Button,
  Group,
  Loader,
  NumberInput,
  Paper,
  Select,
  SimpleGrid,
  Stack,
  Table,
  Text,
  Textarea,
} from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleStop, SendHorizontal } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Empty } from '../../components/Empty';
import { ErrorNote } from '../../components/ErrorNote';
import { Page } from '../../components/Page';
import { useMe, useMyModels } from '../../components/queries';
import { Section } from '../../components/Section';
import { Stat } from '../../components/Stat';
import { duration, number } from '../../lib/format';
import { useSession } from '../../lib/session';
import { chat, speed, type Measured, type Message } from './chat';

/** A chat with a model. What is said stays in this page, and is gone with it. */
export default function PlaygroundPage() {
  const { role } = useSession();
  const queries = useQueryClient();
  const models = useMyModels();
  const { data: me } = useMe();
  const [chosen, setChosen] = useState<string | null>(null);
  const [system, setSystem] = useState('');
  const [temperature, setTemperature] = useState<number | string>('');
  const [maxTokens, setMaxTokens] = useState<number | string>('');
  const [draft, setDraft] = useState('');
  const [messages, setMessages] = useState<Message[]>([]);
  const stop = useRef<AbortController | null>(null);
  const model = chosen ?? me?.default_model ?? models.data?.[0] ?? null;

  const reply = useMutation({
    mutationFn: ({ said, to }: { said: Message[]; to: string }) => {
      stop.current = new AbortController();
      return chat(
        {
          model: to,
          messages: system.trim() === '' ? said : [{ role: 'system', content: system }, ...said],
          temperature: temperature === '' ? undefined : Number(temperature),
          max_tokens: maxTokens === '' ? undefined : Number(maxTokens),
        },
        stop.current.signal,
        (piece) => setMessages((current) => grown(current, piece)),
      );
    },
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['me'] }),
        queries.invalidateQueries({ queryKey: ['requests'] }),
      ]),
  });
  useEffect(() => () => stop.current?.abort(), []);

  const send = () => {
    if (draft.trim() === '' || model === null || reply.isPending) return;
    const said: Message[] = [
      ...messages.filter(({ content }) => content !== ''),
      { role: 'user', content: draft },
    ];
    setMessages([...said, { role: 'assistant', content: '' }]);
    setDraft('');
    reply.mutate({ said, to: model });
  };

  return (
    <Page
      title="Playground"
      hint={
        role === 'admin'
          ? 'Calls from here are recorded under the built-in key admin-playground.'
          : 'Calls from here count for your key, like all others.'
      }
      actions={
        <Button
          variant="default"
          disabled={messages.length === 0 || reply.isPending}
          onClick={() => {
            setMessages([]);
            reply.reset();
          }}
        >
          New chat
        </Button>
      }
    >
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" className="playground">
        <Stack gap="sm">
          <Paper withBorder radius="md" p="md" mih={280}>
            <Transcript messages={messages} pending={reply.isPending} />
          </Paper>
          <ErrorNote error={reply.error} title="There was no whole reply" />
          <form
            onSubmit={(event) => {
              event.preventDefault();
              send();
            }}
          >
            <Stack gap="xs">
              <Textarea
                label="Message"
                placeholder="Enter sends, Shift+Enter begins a new line"
                autosize
                minRows={2}
                maxRows={10}
                value={draft}
                onChange={(event) => setDraft(event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
                    event.preventDefault();
                    send();
                  }
                }}
              />
              <Group justify="flex-end">
                {reply.isPending ? (
                  <Button
                    color="red"
                    leftSection={<CircleStop size={16} aria-hidden />}
                    onClick={() => stop.current?.abort()}
                  >
                    Stop
                  </Button>
                ) : (
                  <Button
                    type="submit"
                    leftSection={<SendHorizontal size={16} aria-hidden />}
                    disabled={draft.trim() === '' || model === null}
                  >
                    Send
                  </Button>
                )}
              </Group>
            </Stack>
          </form>
        </Stack>
        <Stack gap="sm">
          <Section title="Call">
            <Stack gap="sm">
              <Select
                label="Model"
                placeholder={models.data?.length === 0 ? 'There is none' : 'Choose one'}
                data={models.data ?? []}
                searchable
                limit={100}
                allowDeselect={false}
                value={model}
                onChange={setChosen}
              />
              <Textarea
                label="System prompt"
                autosize
                minRows={2}
                maxRows={8}
                value={system}
                onChange={(event) => setSystem(event.currentTarget.value)}
              />
              <SimpleGrid cols={2} spacing="sm">
                <NumberInput
                  label="Temperature"
                  placeholder="the model’s"
                  min={0}
                  max={2}
                  step={0.1}
                  decimalScale={2}
                  value={temperature}
                  onChange={setTemperature}
                />
                <NumberInput
                  label="Most tokens out"
                  placeholder="the model’s"
                  min={1}
                  allowDecimal={false}
                  value={maxTokens}
                  onChange={setMaxTokens}
                />
              </SimpleGrid>
            </Stack>
          </Section>
          {reply.data !== undefined && <Measurements measured={reply.data} />}
        </Stack>
      </SimpleGrid>
    </Page>
  );
}

function grown(messages: Message[], piece: string): Message[] {
  const last = messages.at(-1);
  return last?.role !== 'assistant'
    ? messages
    : [...messages.slice(0, -1), { ...last, content: last.content + piece }];
}

function Transcript({ messages, pending }: { messages: Message[]; pending: boolean }) {
  if (messages.length === 0) {
    return <Empty title="Say something">Nothing of it is kept: it is gone when you leave the page.</Empty>;
  }
  return (
    <Stack gap="md" role="log" aria-label="Chat" aria-busy={pending}>
      {messages.map((message, index) => (
        <div key={index}>
          <Text size="xs" fw={600} c="dimmed">
            {message.role === 'user' ? 'You' : 'Model'}
          </Text>
          {message.content === '' && pending && index === messages.length - 1 ? (
            <Loader type="dots" size="sm" aria-label="Waiting for the first token" />
          ) : (
            <Text size="sm" className="breakable">
              {message.content === '' ? '(nothing)' : message.content}
            </Text>
          )}
        </div>
      ))}
    </Stack>
  );
}

function Measurements({ measured }: { measured: Measured }) {
  const tokensPerSecond = speed(measured);
  return (
    <Section title="Last reply">
      <SimpleGrid cols={2} spacing="xs">
        <Stat label="First token" value={duration(measured.firstTokenMs)} />
        <Stat label="In all" value={duration(measured.totalMs)} />
        <Stat
          label="Tokens"
          value={measured.completionTokens === null ? '–' : number(measured.completionTokens)}
          hint={measured.promptTokens === null ? 'not told' : `${number(measured.promptTokens)} in`}
        />
        <Stat
          label="Tokens/s"
          value={tokensPerSecond === null ? '–' : number(tokensPerSecond)}
          hint="after the first"
        />
      </SimpleGrid>
      <Text component="h3" size="sm" fw={600} mt="sm" mb={4}>
        Reply headers
      </Text>
      <Table.ScrollContainer minWidth={260}>
        <Table aria-label="Reply headers" verticalSpacing={2}>
          <Table.Tbody>
            {measured.headers.map(([name, value]) => (
              <Table.Tr key={name}>
                <Table.Th scope="row" fw={500} fz="xs">
                  {name}
                </Table.Th>
                <Table.Td fz="xs" className="breakable">
                  {value}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  );
}
