export default {
  title: "Channels",
};
