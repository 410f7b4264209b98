import type { Message } from "./api";
import { Icon } from "../icons";
import { Menu, MenuItem } from "../parts/Menu";
import type { Doing } from "./doing";

import styles from "./Bubble.module.css";

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/** What a person can do with a message: react, answer it; edit and delete their own. */
export function BubbleMenu({ message, doing }: { message: Message; doing: Doing }) {
  const mine = message.from === "person";
  const given = message.reactions?.find(({ from }) => from === "person")?.emoji;
  return (
    <Menu
      label="Message actions"
      icon={<Icon name="more" size={18} />}
      className={styles.more}
    >
      {(close) => {
        function then(work: () => void) {
          return () => {
            close();
            work();
          };
        }
        return (
          <>
            <div className={styles.emoji}>
              {EMOJI.map((emoji) => {
                const taken = emoji === given;
                const label = taken ? `Take ${emoji} back` : `React with ${emoji}`;
                const act = { kind: "reaction", to: message.id, emoji: taken ? "" : emoji } as const;
                return (
                  <button
                    key={emoji}
                    type="button"
                    role="menuitem"
                    tabIndex={-1}
                    aria-label={label}
                    title={label}
                    data-given={taken || undefined}
                    onClick={then(() => doing.write(act))}
                  >
                    {emoji}
                  </button>
                );
              })}
            </div>
            <MenuItem icon={<Icon name="reply" size={18} />} onChoose={then(() => doing.reply(message))}>
              Reply
            </MenuItem>
            {mine && message.kind === "text" && (
              <MenuItem icon={<Icon name="edit" size={18} />} onChoose={then(() => doing.edit(message))}>
                Edit
              </MenuItem>
            )}
            {mine && (
              <MenuItem
                icon={<Icon name="trash" size={18} />}
                onChoose={then(() => doing.write({ kind: "delete", to: message.id }))}
              >
                Delete for everyone
              </MenuItem>
            )}
          </>
        );
      }}
    </Menu>
  );
}
