export default {
  title: "Simulator",
};
