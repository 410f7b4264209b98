export default {
  title: "Trace",
};
