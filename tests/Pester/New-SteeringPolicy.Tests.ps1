BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
}

Describe 'New-SteeringPolicy' {
    It 'makes the policy that YAML of the same words is' {
        Set-Content TestDrive:/web.yaml @'
policy: web
protocol: udp
slots: { canary: [6, 7], stable: 0-5 }
lists: { office: [10.0.0.0/8, '2001:db8::/32'] }
rules:
  - name: office
    when: { source: office, bytes: { at: 0, mask: 0x80, equals: 0x00 } }
    steer: { by: connection-id, length: 8, worker: { at: 0, bits: 8 }, to: stable }
  - when: { any-of: [ { source-port: 0-1023 }, { fraction: 0.5% } ] }
    reject: true
otherwise: { by: consistent, to: stable, key: [source, source-port], sticky: { entries: 1000, idle: 2m } }
on-miss: { slot: 7 }
'@
        $policy = New-SteeringPolicy -Name web -Protocol Udp -Slot @{ stable = '0-5'; canary = 6, 7 } -List @{ office = '10.0.0.0/8', '2001:db8::/32' } -Rule @(
            @{ name = 'office'; when = @{ source = 'office'; bytes = @{ at = 0; mask = 0x80; equals = 0 } }
                steer = @{ by = 'connection-id'; length = 8; worker = @{ at = 0; bits = 8 }; to = 'stable' } }
            @{ when = @{ 'any-of' = @{ 'source-port' = '0-1023' }, @{ fraction = '0.5%' } }; reject = $true }
        ) -Otherwise @{ by = 'consistent'; to = 'stable'; key = 'source', 'source-port'; sticky = @{ entries = 1000; idle = [timespan]'00:02:00' } } -OnMiss @{ slot = 7 }
        $policy | Should -Be (Import-SteeringPolicy TestDrive:/web.yaml)
    }

    It 'needs only what happens otherwise' {
        $policy = New-SteeringPolicy @{ by = 'hash' }
        $policy.Name | Should -BeExactly 'unnamed'
        ($policy | Test-SteeringPolicy -SlotCount 4).Passed | Should -BeTrue
    }

    It 'rejects' {
        (New-SteeringPolicy @{ reject = $true } | Test-SteeringPolicy -SlotCount 4 -Quiet) | Should -BeTrue
    }

    It 'takes numbers, ranges and weights' {
        $policy = New-SteeringPolicy @{ by = 'weighted'; weights = @{ 0 = 90; 1 = 10 } }
        $policy | Should -Be (New-SteeringPolicy @{ by = 'weighted'; weights = [ordered]@{ '0' = 90; '1' = 10 } })
    }

    It 'says what is wrong, with a remedy' {
        $failure = $null
        New-SteeringPolicy @{ by = 'hsh' } -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'PolicySyntaxError,*'
        "$($failure[0])" | Should -Match 'RPS4008'
        $failure[0].ErrorDetails.RecommendedAction | Should -Match 'hash'
    }

    It 'says so of a misspelt key' {
        { New-SteeringPolicy @{ by = 'hash'; kye = 'source' } -ErrorAction Stop } | Should -Throw -ErrorId 'PolicySyntaxError,*'
    }

    It 'warns about what is probably not meant' {
        $warning = $null
        $null = New-SteeringPolicy @{ by = 'random' } -Protocol Udp -WarningVariable warning -WarningAction SilentlyContinue
        $warning | Should -HaveCount 1
        "$warning" | Should -Match 'RPS4052'
    }

    It 'refuses a hashtable that holds itself' {
        $circle = @{ by = 'hash' }
        $circle.to = $circle
        { New-SteeringPolicy $circle -ErrorAction Stop } | Should -Throw
    }

    It 'survives Export- and Import-SteeringPolicy' {
        $policy = New-SteeringPolicy @{ by = 'generation'; generations = '0-3', '4-7' } -Protocol Tcp
        $policy | Export-SteeringPolicy TestDrive:/generation.yaml
        Import-SteeringPolicy TestDrive:/generation.yaml | Should -Be $policy
    }
}
