"""The same as `mmgenprior render-toyfaces`."""

from _door import enter

if __name__ == '__main__':
    enter(__file__)
