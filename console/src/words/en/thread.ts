export default {
  title: "Conversation",
};
