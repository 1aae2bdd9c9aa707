"""The process that answers HTTP. It never imports torch, cv2, numpy or PIL."""
