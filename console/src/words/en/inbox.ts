export default {
  title: "Inbox",
  choose: { title: "Choose a conversation", says: "It is shown here, beside the list." },
};
