export default {
  title: "Bots",
};
