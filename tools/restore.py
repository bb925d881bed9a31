"""The same as `mmgenprior restore`."""

from _door import enter

if __name__ == '__main__':
    enter(__file__)
