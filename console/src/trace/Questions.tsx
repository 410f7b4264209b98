import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { duration } from "../time";
import { Fold, Raw } from "./Section";
import type { Question } from "./told";

import styles from "./Questions.module.css";

type Answer = Question["calls"][number];

/** Each question to models: the prompt, what was said before, who answered what, and the tools in between. */
export function Questions({ questions }: { questions: Question[] }) {
  return (
    <ol className={styles.questions}>
      {questions.map((question, at) => (
        <li key={at}>
          <OneQuestion question={question} />
        </li>
      ))}
    </ol>
  );
}

function OneQuestion({ question }: { question: Question }) {
  const { t } = useTranslation("trace");
  const version = question.version ?? null;
  return (
    <>
      {!question.known && <p className={styles.soft}>{t("questions.unknown")}</p>}
      {question.known && (
        <Fold
          summary={
            <>
              <b>{t("questions.prompt")}</b>
              {version !== null && <span className={styles.soft}>{t("questions.version", { version })}</span>}
            </>
          }
        >
          <Raw value={question.instructions} />
        </Fold>
      )}
      {question.messages.length > 0 && (
        <Fold summary={t("questions.messages", { count: question.messages.length })}>
          <ol className={styles.messages}>
            {question.messages.map((message, at) => (
              <li key={at}>
                <span className={styles.soft}>{roleOf(message.role, t)}</span>
                <span className={styles.words} dir="auto">
                  {[message.text, ...message.files.map((file) => `[${file}]`)].join("\n")}
                </span>
              </li>
            ))}
          </ol>
        </Fold>
      )}
      {question.calls.map((call, at) => (
        <OneCall key={at} answer={call} />
      ))}
    </>
  );
}

function roleOf(role: string, t: (key: "questions.roles.user" | "questions.roles.assistant" | "questions.roles.tool") => string): string {
  if (role === "user") return t("questions.roles.user");
  return role === "tool" ? t("questions.roles.tool") : t("questions.roles.assistant");
}

function OneCall({ answer }: { answer: Answer }) {
  const { t } = useTranslation("trace");
  const { call } = answer;
  return (
    <div className={styles.call} data-bad={call.why_not !== null || undefined}>
      <div className={styles.who}>
        <b dir="auto">{call.model ?? t("questions.nobody")}</b>
        <span className={styles.soft}>
          {t("questions.took", { took: duration(call.seconds), tokens: call.tokens ?? "–" })}
          {call.cost !== null && ` · $${call.cost.toFixed(5)}`}
        </span>
      </div>
      {call.skipped.map((who) => (
        <p key={who} className={styles.soft}>
          {t("questions.skipped", { who })}
        </p>
      ))}
      {call.why_not !== null && <p className={styles.wrong}>{t("questions.fallback", { why: call.why_not })}</p>}
      {call.without_tools !== null && <p className={styles.soft}>{t("questions.noTools", { why: call.without_tools })}</p>}
      {answer.left_out > 0 && <p className={styles.soft}>{t("questions.leftOut", { count: answer.left_out })}</p>}
      {answer.text !== null && answer.text !== "" && (
        <p className={styles.words} dir="auto">
          {answer.text}
        </p>
      )}
      {answer.tools.map((tool, at) => (
        <Fold
          key={at}
          summary={
            <>
              <code>{tool.name}</code>
              {tool.effect && (
                <Badge size="xs" variant="light" color="orange">
                  {t("questions.effect")}
                </Badge>
              )}
              {tool.failed && (
                <Badge size="xs" variant="light" color="red">
                  {t("outcomes.failed")}
                </Badge>
              )}
              {tool.seconds !== null && <span className={styles.soft}>{duration(tool.seconds)}</span>}
            </>
          }
        >
          <p className={styles.soft}>{t("questions.arguments")}</p>
          <Raw value={tool.arguments} />
          <p className={styles.soft}>{t("questions.result")}</p>
          {tool.result === null ? <p>{t("questions.notRun")}</p> : <Raw value={tool.result} />}
        </Fold>
      ))}
    </div>
  );
}
