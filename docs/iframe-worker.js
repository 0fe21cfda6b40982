// Search on pages that are opened as files, where browsers start no worker: its script runs in a hidden frame.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.append(frame)
      this.inner = frame.contentWindow
      window.addEventListener("message", (event) => {
        if (event.source !== this.inner) return
        const told = new MessageEvent("message", { data: event.data })
        this.dispatchEvent(told)
        this.onmessage?.(told)
      })
      this.ready = new Promise((resolve) => frame.addEventListener("load", resolve))
      this.inner.document.open()
      this.inner.document.write(
        '<script>postMessage = (data) => parent.postMessage(data, "*")</scr' + 'ipt>' +
        `<script src="${address}"></scr` + 'ipt>'
      )
      this.inner.document.close()
    }
    postMessage(data) {
      this.ready.then(() => this.inner.dispatchEvent(new MessageEvent("message", { data })))
    }
  }
}
