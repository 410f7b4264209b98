// The English words are the type of all words; each area has its own namespace.
import type bots from "./en/bots";
import type channels from "./en/channels";
import type contacts from "./en/contacts";
import type inbox from "./en/inbox";
import type overview from "./en/overview";
import type settings from "./en/settings";
import type shell from "./en/shell";
import type signin from "./en/signin";
import type simulator from "./en/simulator";
import type thread from "./en/thread";
import type trace from "./en/trace";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "shell";
    resources: {
      bots: typeof bots;
      channels: typeof channels;
      contacts: typeof contacts;
      inbox: typeof inbox;
      overview: typeof overview;
      settings: typeof settings;
      shell: typeof shell;
      signin: typeof signin;
      simulator: typeof simulator;
      thread: typeof thread;
      trace: typeof trace;
    };
  }
}
