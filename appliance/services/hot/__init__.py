"""The hot folder: a file dropped into data/hot/<operation>/ becomes a job."""
