// The one thing the lineage graph tells the page: which network was clicked. Must stand before Dash starts.
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  evoscope: {
    chosen(data) {
      if (data) document.dispatchEvent(new CustomEvent("evoscope:birth", { detail: data }));
      return window.dash_clientside.no_update;
    },
  },
});
